/** Written by tools/python-tables.py from Python's unicodedata 14.0.0. Do not edit. */

/** What only one of the two cleans away. */
export const removed = "^a=%^:$yk*`g3`aV$asW,juo$~xL%~xL";

/** What only one of the two holds to be punctuation. */
export const punctuation =
  "x=$n9$_)$e[$/$^g?$sL%_m30%/zr;$_X(O'g($h1(-%$$f$0^6$cN$aG&_L$^F+^=&$(d2(M%h5%aE$_`E%ef6'bM$m^E%";

/** What only one of the two puts spaces round. */
export const chinese = "_t}=a?";

/** What only one of the two splits words at. */
export const whitespace = "?'";

/** Marks that only one of the two strips. */
export const nonspacing =
  "^^U$_K+M;a[$a:)^?$`&$Z$`;$^$%^.$b>$^a&$`R$_&%fZ3k,)oeG$_I$^#$`5$ja;'cP%_J.T'a)$%%^7$aE$($^X$a;$a;+%&$$:$n*,$%a?%$$'$_A'%%'$C-K)%'+$,)%&Q0$%d**$)$$^<9%*$%$%_+)&$$%$*$$^2%&$$$c(%gqU$_E$ip+Q%:_d)*$4%*$%$(aD*cD$^''y;*";

/** Lower-casing that differs. */
export const lower =
  "`w,$oj;%$$&$$$($$$jjG9iyI< l_G_bpN'+3+;+^pqE'''''''''''''''''''''^niM''''''''''''''''''''''''";

/** Canonical decompositions that differ. */
export const decomposition = "^`b$$ aipU_cfN";

/** Canonical combining classes that differ. */
export const combining =
  "kE%$%r.$_K+M-b0$g&$a=%cJ$^`@$m<3k,(oeH$jh='cP%_J.T'a)$iA$b($n4%aA%'$_M$^=$5$^;$hX$$%^;$gzR%k}E*cD$^'' m+###IKI##K########I####KlF+###kQ#K#I#K####IK###+1#A)kGl@#####I#K##IKI###KIKIkO)lHl>)+#)+###)+##-#lL###########";

/** What makes the capital sigma after it a final one. */
export const cased =
  "^+=)=R$-$'$(:$B$`;$''`H$>`8'%%&&$$)$$&$$$7$^=$_<+_W$I,L^lQI$$($%N%&hP^@%)^a/,*N%&^*O^)0$E^OaU%)%I%)%+$$$$$$$B%X$*$$&&$*&'%)'0(&$*aD$'$%-$$&()$$$$$$'$)'$%'(('$4C&%k6W|R_-%^Q)'&%/I$$($l~NQ5?_7^8$:&'$^%(%$$$(>%&$k:N(,*^:glX*/(o*=)=qT^:^JG'G_%.$2$*$%$.$2$*$%{8V0V^o<^*hf<^*jjT^?$^1$%%$%%%'$/$$$*$^+$'%+$*$?$'$($$&*$bZ%<$<$B$<$B$<$B$<$B$<$+}7-$7^g8^.^^D=)=)=";

/** What that looks past. */
export const ignorable =
  "J$)$.$F$$$^1$'$$$'$%%eR`8'%'$,%$$a:*`G$($TP$$$%$%$$O$.)-.$$F$-83$^O+$-$'D$$$A>^E.^$.'$%$;;N&O$*%)+L^$Z$$$'+'$&*-%0$2$^$$''+$7%=$%%^#$'%'%%&&$A%&$.%^#$'($%'$7%9)$$^$$%$$'+$*%.%A$^'$/$U$&$Z$$&(&$'*%.%@$^$$%$)$(%7%?%^#%''+$7%@$^2$*&$$^D$%*.,^L$%,,$$)^4%>$$$$$Z1$($%(.$G,$^P'$)$%%%<%'&3'0$%%)$2$^H$gI&mE&@%A%A%^*%$*+$%.&$($P(V$^+%E$_'&'%,$)&`S%%$^$$$*$$$$%+)-%$J$+BT'S$$($$($K,/%C'%%$&[$$%&$$&^$+%%^*)^<&$0$*'$)$&%U^)0$E^OdQ$$&.&0&0&0%/(+%-$%$%(T($-$$0$30VD^nS%^[&_.$2$^JCR$e0$G'&(($^G)^G&ksW$rX)aM$^L'$-$$?'^:%1E^8$:&^Q&&%+$&$'$<%($_H%=50$I+<.Q&S$%'%%4$8%^,)%%%%/$+$F$.$V$$&%%(%$$>$1%(%$$^N(,&_*$%$'$glH$_D4g&3&$/3E$%$_Z$*$)$.$F$$$R$P%^-$8&f#$`Z$_F(o&)$M$,g/&$%('K&'$_V%g&'cP%_J.T'_,$Y2L$%%-&T'%%%$'$-$U&G($+^($/%W,-'%$^I&%$$%)$_Q$&+8%^#%&$H*&(`;+%&$$:$^>)$$'%$%a-')%$%>%^?+%$$%^T$$$%)$$^O&%'$(aB,$%a?%$$'$_A'%%'$C-K)%'+$,)%&Q0$%d**$)$$^<9%*$%$%_+)&$$%$*$$^2%&$$$c(%_x7,ddM(^%*,'o,$^)4^*%$%elG'$*$%^sI%$'_k=Q%:fB&,3%*A'_E&^]LZ'U+$1$9($2tT*$4%*$%$(aD1c=$^''w9*^W+^j[(h~iZ$A^J_1a/";
